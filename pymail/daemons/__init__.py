"""The daemons, one package each, named as in master.cf."""
