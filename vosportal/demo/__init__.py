"""Believable data to look around in: a reference hierarchy and four reseller businesses."""
