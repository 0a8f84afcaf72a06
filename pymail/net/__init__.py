"""Listeners, network interfaces and address families."""
