"""The example: public facts of Aachen as readable data files, and two papers of our own."""
