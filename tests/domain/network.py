"""A network of eight warehouses in real cities, as a merchant of mainland China would spread them."""

from inventory_service.domain.warehouse import Warehouse

NETWORK = {
    warehouse.code: warehouse
    for warehouse in (
        Warehouse("PEK", "北京 Beijing", region="110000", lat=39.90, lon=116.41),
        Warehouse("SHE", "沈阳 Shenyang", region="210000", lat=41.80, lon=123.43),
        Warehouse("SHA", "上海 Shanghai", region="310000", lat=31.23, lon=121.47),
        Warehouse("WUH", "武汉 Wuhan", region="420000", lat=30.59, lon=114.31),
        Warehouse("CAN", "广州 Guangzhou", region="440000", lat=23.13, lon=113.26),
        Warehouse("CTU", "成都 Chengdu", region="510000", lat=30.57, lon=104.07),
        Warehouse("SIA", "西安 Xi'an", region="610000", lat=34.34, lon=108.94),
        Warehouse("URC", "乌鲁木齐 Urumqi", region="650000", lat=43.83, lon=87.62),
    )
}
