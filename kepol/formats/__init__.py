"""How dates look where nobody says otherwise: as on the papers of the city (DIN 5008), `07.05.2025`."""
