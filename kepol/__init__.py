"""KEpol: coordination of municipal development policy; kernel and composition root."""
