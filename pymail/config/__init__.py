"""main.cf and master.cf: reading, expansion, editing, typed parameters."""
