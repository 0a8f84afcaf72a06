"""Pure helpers: text, units, match-list syntax, macro expansion, network prefixes."""
