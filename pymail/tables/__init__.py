"""Lookup tables: one module per type, lists of tables, the keys of an address, match lists."""
