"""Files of stock and of articles, as people and spreadsheets make them: CSV and NDJSON, read line by line and written.

reading     a file's bytes → lines to import, and what is wrong with the others
text        bytes → text: encodings, and files that are no text
columns     which columns there are, and the words about wrong ones
fields      one line's fields → an ImportLine, or its problems
csv_lines   CSV → fields
json_lines  NDJSON → fields
items       a file of platforms' articles → what is in each, and what is wrong with its lines
writing     stock → CSV or NDJSON that `reading` takes back
"""
