"""`channels`: marketplaces and one's own shops."""

import typer

from inventory_service.cli.channels import credentials, items, mapping, own_mapping, shops, testing

app = typer.Typer(help="Marketplaces and one's own shops.", no_args_is_help=True)
app.add_typer(shops.app, name="shops")
app.add_typer(credentials.app, name="credentials")
app.add_typer(items.app, name="items")
app.add_typer(testing.app)
mapping.app.add_typer(own_mapping.app)
app.add_typer(mapping.app, name="map")
