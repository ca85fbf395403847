"""Addresses as shoppers write them."""

from collections.abc import Iterator

import pytest

from inventory_service.domain.geography import Destination, resolve, settled
from inventory_service.domain.places.units import by_code, read_table

ADDRESSES = {
    # As forms put them together: province, city, district.
    "广东省深圳市南山区粤海街道科技园科苑路15号": "440300",
    "浙江省杭州市西湖区文三路90号东部软件园": "330100",
    "江苏省苏州市吴中区木渎镇金山路": "320500",
    "安徽省宿州市埇桥区淮海路": "341300",
    "四川省成都市武侯区天府大道北段1700号": "510100",
    "湖北省武汉市洪山区珞喻路1037号": "420100",
    "福建省泉州市丰泽区东海大街": "350500",
    "陕西省西安市雁塔区小寨东路": "610100",
    "河南省郑州市二七区北京路1号": "410100",
    "山东省菏泽市牡丹区上海路南段": "371700",
    "中国广东省佛山市顺德区大良街道": "440600",
    "中华人民共和国江西省赣州市章贡区": "360700",
    "云南省 大理白族自治州 大理市 古城人民路": "532900",
    "湖南省-长沙市-岳麓区-麓山南路2号": "430100",
    "江苏省(无锡市)滨湖区蠡湖大道": "320200",
    # Municipalities, twice or once, with what forms fill in.
    "北京市朝阳区建国路88号": "110000",
    "北京北京市海淀区中关村大街27号": "110000",
    "北京市市辖区东城区王府井": "110000",
    "上海上海市浦东新区世纪大道100号": "310000",
    "重庆市县城口县葛城街道": "500000",
    "天津市河北区昆纬路": "120000",
    "重庆渝中区解放碑": "500000",
    # Autonomous regions, prefectures, leagues.
    "内蒙古呼伦贝尔市海拉尔区": "150700",
    "内蒙古自治区锡林郭勒盟锡林浩特市": "152500",
    "内蒙古阿拉善盟阿拉善左旗": "152900",
    "内蒙古乌海市海南区滨河街": "150300",
    "广西壮族自治区桂林市阳朔县西街": "450300",
    "广西南宁市青秀区民族大道": "450100",
    "广西省柳州市城中区": "450200",
    "宁夏回族自治区银川市兴庆区": "640100",
    "西藏自治区林芝市巴宜区": "540400",
    "新疆维吾尔自治区伊犁哈萨克自治州伊宁市": "654000",
    "新疆伊犁州伊宁市解放路": "654000",
    "新疆巴州库尔勒市": "652800",
    "新疆喀什地区喀什市": "653100",
    "湖北省恩施土家族苗族自治州利川市": "422800",
    "黔东南州凯里市": "522600",
    "延边朝鲜族自治州延吉市": "222400",
    "甘肃省临夏回族自治州临夏市": "622900",
    # The same name twice.
    "吉林省吉林市昌邑区": "220200",
    "吉林吉林市船营区": "220200",
    "吉林市丰满区": "220200",
    "吉林省长春市朝阳区": "220100",
    "海南省三亚市吉阳区": "460200",
    "海南藏族自治州共和县恰卜恰镇": "632500",
    "青海省海南州共和县": "632500",
    "青海海南藏族自治州贵德县": "632500",
    "朝阳市双塔区": "211300",
    "辽宁朝阳双塔区": "211300",
    "福建省鼓楼区五四路": "350100",
    "江苏省南京市鼓楼区中山北路": "320100",
    # Counties that answer to their province.
    "湖北省仙桃市干河街道": "429004",
    "湖北神农架林区木鱼镇": "429021",
    "河南省省直辖县级行政区划济源市": "419001",
    "海南省陵水黎族自治县英州镇": "469028",
    "海南省文昌市文城镇": "469005",
    "新疆石河子市北四路": "659001",
    # Without a province, without a city.
    "深圳南山区科技园科苑路15号": "440300",
    "杭州西湖区文三路": "330100",
    "东莞长安镇": "441900",
    "中山小榄镇": "442000",
    "哈尔滨道里区中央大街": "230100",
    "西安东大街1号": "610100",
    "昆山市花桥镇绿地大道": "320500",
    "昆山花桥镇": "320500",
    "义乌市北苑街道": "330700",
    "浦东新区张江路": "310000",
    "江苏昆山玉山镇": "320500",
    "广东省顺德区": "440600",
    # Provinces alone, or with something that is no city.
    "广东省": "440000",
    "河北新华区": "130000",  # of Shijiazhuang, or of Cangzhou
    "山西人民路1号": "140000",
    # With other things in front.
    "518057 深圳市南山区": "440300",
    "收件人张三 13800138000 广东省佛山市顺德区": "440600",
    "Room 5, 3F, 深圳市福田区": "440300",
    "请送到成都市锦江区": "510100",
    "广东省收件深圳市福田区": "440300",
    "ＡＢＣ大厦，　广州市天河区": "440100",
    # Hong Kong, Macao, Taiwan.
    "香港九龙尖沙咀弥敦道": "810000",
    "香港特别行政区中环": "810000",
    "澳门氹仔": "820000",
    "台湾省台北市信义区": "710000",
    "台北市信义区市府路1号": "710000",
    # In English, from the small to the large.
    "No. 5 Keji Road, Nanshan District, Shenzhen, Guangdong 518057, China": "440300",
    "100 Nanjing East Road, Huangpu District, Shanghai": "310000",
    "88 Jianguo Lu, Chaoyang Qu, Beijing, P.R. China": "110000",
    "Jilin City, Jilin": "220200",
    "1 Renmin Rd, Suzhou, Jiangsu": "320500",
    "1 Renmin Rd, Suzhou City, Anhui Province": "341300",
    "Xi'an, Shaanxi": "610100",
    "2 Beijing Road, Ürümqi, Xinjiang": "650100",
    "Flat 3, Kowloon, Hong Kong": "810000",
    "Guangdong Sheng Shenzhen Shi Nanshan Qu": "440300",
    "Hohhot, Inner Mongolia": "150100",
}
NOWHERE = (
    "南京东路100号",  # of Shanghai, and others
    "北京路1号",
    "广州大道北12号",
    "上海大厦3楼",
    "朝阳区建国路88号",
    "鼓楼区中山路",
    "东方花园8栋",
    "高新区东区A栋",
    "市中区",
    "1 Shanghai Road",
    "Beijing Hotel",
    "Chaoyang District",
    "Suzhou",
    "不知道",
    "",
    "8" * 300,
    "新区花园" * 80,
)


@pytest.mark.parametrize(("address", "region"), ADDRESSES.items())
def test_an_address_names_its_city(address: str, region: str) -> None:
    found = resolve(Destination(address=address))
    assert found is not None
    assert (found.region, found.confidence) == (region, "address")


@pytest.mark.parametrize("address", NOWHERE)
def test_an_address_that_names_none_is_nowhere(address: str) -> None:
    assert resolve(Destination(address=address)) is None


def test_a_known_province_decides_between_cities_of_one_name() -> None:
    for province, region in {"北京市": "110000", "吉林省": "220100", "江苏省": "320000", "广东": "440300"}.items():
        street = "南山区科技园" if province == "广东" else "朝阳区建国路88号"
        found = resolve(Destination(province=province, address=street))
        assert found is not None
        assert found.region == region


def test_every_county_of_china_leads_to_its_city_and_never_to_another() -> None:
    """16,878 addresses: with the city named the answer is that city; without it, that city or nothing as fine."""
    wrong = []
    for city, counties in read_table("counties.json").items():
        for county in counties.split():
            for address, must in ways_to_write(city, county):
                found = resolve(Destination(address=address))
                region = found.region if found else ""
                vague = region == "" or (region.endswith("0000") and region[:2] == city[:2])
                if region != city and (must or not vague):
                    wrong.append((address, region, city))
    assert wrong == []


def ways_to_write(code: str, county: str) -> Iterator[tuple[str, bool]]:
    """(address, whether it says enough) of a street in a county."""
    city, province = by_code(code), by_code(code[:2])
    assert city is not None
    assert province is not None
    street = f"{county}人民路1号"
    yield f"{province.name}{'' if city is province else city.name}{street}", True
    yield f"{province.short[0]}{'' if city is province else city.short[0]}{street}", True
    yield f"{city.name}{street}", True
    yield f"{city.short[0]}{street}", True
    yield f"{province.name}{street}", False
    yield street, False


def test_nothing_of_an_address_is_kept() -> None:
    kept = settled(Destination(address="广东省深圳市南山区科苑路15号李四收"))
    assert kept == Destination(country="CN", region="440300", confidence="address")
