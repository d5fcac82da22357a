"""Charts: static inline SVG for every reader, series for the script, plotly figures for the API."""
