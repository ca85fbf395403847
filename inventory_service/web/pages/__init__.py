"""Pages for people: one for each problem code in English and Chinese, their index, and the API documentation."""
