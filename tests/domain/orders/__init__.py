"""The unified order: number, money, merge rule."""
