"""Where names, codes and addresses are: tables of China's units and of countries, and how text is matched with them."""
