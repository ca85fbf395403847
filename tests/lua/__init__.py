"""The text of the scripts: headers, includes, codes."""
