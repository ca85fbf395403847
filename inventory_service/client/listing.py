"""Lists that come in pages."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Generic

from inventory_service.client.answers import Item, Page


class Listing(Generic[Item]):
    """`async for item in listing` reads page after page; `page()` reads one, for a screen that pages by itself."""

    def __init__(self, fetch: Callable[[str | None], Awaitable[Page[Item]]], cursor: str | None) -> None:
        self._fetch = fetch
        self._cursor = cursor

    async def page(self) -> Page[Item]:
        """The first page, where the list was asked to begin; `next_cursor` leads on. Raises InventoryError."""
        return await self._fetch(self._cursor)

    async def pages(self) -> AsyncIterator[Page[Item]]:
        """Every page from there on. Raises InventoryError."""
        page = await self.page()
        yield page
        while page.next_cursor is not None:
            page = await self._fetch(page.next_cursor)
            yield page

    async def __aiter__(self) -> AsyncIterator[Item]:
        async for page in self.pages():
            for item in page.data:
                yield item
