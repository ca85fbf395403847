"""The 34 province-level units of China, as data.

Codes and names: GB/T 2260, Codes for the administrative divisions of the People's Republic of China
(province level; names in English as the Ministry of Civil Affairs writes them). Latitude and longitude:
centre of the capital or administrative seat, degrees WGS 84; each lies within 16 km of GeoNames' point for that city.
"""

from typing import NamedTuple


class Province(NamedTuple):
    code: str  # GB/T 2260, six digits, the last four zero
    name: str
    english_name: str
    capital: str
    lat: float
    lon: float


PROVINCES = (
    Province("110000", "北京市", "Beijing", "北京", 39.9042, 116.4074),
    Province("120000", "天津市", "Tianjin", "天津", 39.0851, 117.1994),
    Province("130000", "河北省", "Hebei", "石家庄", 38.0428, 114.5149),
    Province("140000", "山西省", "Shanxi", "太原", 37.8706, 112.5489),
    Province("150000", "内蒙古自治区", "Inner Mongolia", "呼和浩特", 40.8424, 111.7490),
    Province("210000", "辽宁省", "Liaoning", "沈阳", 41.8057, 123.4315),
    Province("220000", "吉林省", "Jilin", "长春", 43.8171, 125.3235),
    Province("230000", "黑龙江省", "Heilongjiang", "哈尔滨", 45.8038, 126.5350),
    Province("310000", "上海市", "Shanghai", "上海", 31.2304, 121.4737),
    Province("320000", "江苏省", "Jiangsu", "南京", 32.0603, 118.7969),
    Province("330000", "浙江省", "Zhejiang", "杭州", 30.2741, 120.1551),
    Province("340000", "安徽省", "Anhui", "合肥", 31.8206, 117.2272),
    Province("350000", "福建省", "Fujian", "福州", 26.0745, 119.2965),
    Province("360000", "江西省", "Jiangxi", "南昌", 28.6820, 115.8579),
    Province("370000", "山东省", "Shandong", "济南", 36.6512, 117.1201),
    Province("410000", "河南省", "Henan", "郑州", 34.7466, 113.6254),
    Province("420000", "湖北省", "Hubei", "武汉", 30.5928, 114.3055),
    Province("430000", "湖南省", "Hunan", "长沙", 28.2282, 112.9388),
    Province("440000", "广东省", "Guangdong", "广州", 23.1291, 113.2644),
    Province("450000", "广西壮族自治区", "Guangxi", "南宁", 22.8170, 108.3665),
    Province("460000", "海南省", "Hainan", "海口", 20.0440, 110.1999),
    Province("500000", "重庆市", "Chongqing", "重庆", 29.5630, 106.5516),
    Province("510000", "四川省", "Sichuan", "成都", 30.5728, 104.0668),
    Province("520000", "贵州省", "Guizhou", "贵阳", 26.6470, 106.6302),
    Province("530000", "云南省", "Yunnan", "昆明", 25.0389, 102.7183),
    Province("540000", "西藏自治区", "Xizang", "拉萨", 29.6520, 91.1721),
    Province("610000", "陕西省", "Shaanxi", "西安", 34.3416, 108.9398),
    Province("620000", "甘肃省", "Gansu", "兰州", 36.0611, 103.8343),
    Province("630000", "青海省", "Qinghai", "西宁", 36.6171, 101.7782),
    Province("640000", "宁夏回族自治区", "Ningxia", "银川", 38.4872, 106.2309),
    Province("650000", "新疆维吾尔自治区", "Xinjiang", "乌鲁木齐", 43.8256, 87.6168),
    Province("710000", "台湾省", "Taiwan", "台北", 25.0330, 121.5654),
    Province("810000", "香港特别行政区", "Hong Kong", "香港", 22.3193, 114.1694),
    Province("820000", "澳门特别行政区", "Macao", "澳门", 22.1987, 113.5439),
)
