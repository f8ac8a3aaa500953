"""Who wrote it: MAESTRO's pieces by composition, heads on fixed statistics, tables and figures."""
