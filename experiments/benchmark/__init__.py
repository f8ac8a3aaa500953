"""The transfer benchmark (pieces, judges, measures, tables and figures), and other measurements of methods, generated music and beats."""
