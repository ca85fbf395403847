"""The promises that are written down, carried out: OpenAPI document, its examples, the README, problem codes."""
