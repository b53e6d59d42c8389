"""Sources: where facts come from, behind one small protocol. A source reads; the assets land what it delivers."""
