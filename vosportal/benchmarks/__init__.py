"""Measurements of the portal at size, on databases of their own (`manage.py benchmark`)."""
