"""Mail values and their RFC grammar: addresses, headers, dates, delivery status."""
