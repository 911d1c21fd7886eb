"""Workbooks by other hands than the library that reads them: python3 generate.py, with openpyxl 3.1.5 and xlwt 1.3.0."""
import csv
import datetime
import os
import re

import openpyxl
import xlwt

here = os.path.dirname(os.path.abspath(__file__))
with open(os.path.join(here, "penalties.csv"), encoding="utf-8", newline="") as source:
    table = list(csv.reader(source))


def typed(cell):
    date = re.fullmatch(r"(\d{4})年(\d+)月(\d+)日", cell)
    if date:
        return datetime.date(*map(int, date.groups()))
    return float(cell) if re.fullmatch(r"\d+\.\d+", cell) else cell


book = openpyxl.Workbook()
for row in table[:2]:
    book.active.append(row)
for row in table[2:]:
    book.active.append([typed(cell) for cell in row])
book.save(os.path.join(here, "penalties-openpyxl.xlsx"))

book.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
book.active.delete_rows(3, len(table))
for row in table[2:]:
    book.active.append([typed(cell) for cell in row])
book.save(os.path.join(here, "penalties-1904.xlsx"))

book = openpyxl.Workbook()
book.active.append(["行政相对人名称", "罚款金额（万元）"])
book.active.append(["示例有限公司", "=1+1"])
book.save(os.path.join(here, "formula.xlsx"))

book = xlwt.Workbook(encoding="utf-8")
sheet = book.add_sheet("行政处罚")
style = xlwt.XFStyle()
style.num_format_str = "yyyy/m/d"
for at, row in enumerate(table):
    for column, cell in enumerate(row):
        value = typed(cell) if at > 1 else cell
        sheet.write(at, column, value, style if isinstance(value, datetime.date) else xlwt.Style.default_style)
book.save(os.path.join(here, "penalties-xlwt.xls"))

book = xlwt.Workbook(encoding="utf-8")
sheet = book.add_sheet("行政处罚")
sheet.write(0, 0, "行政相对人名称")
sheet.write(0, 1, "罚款金额（万元）")
sheet.write(1, 0, "示例有限公司")
sheet.write(1, 1, xlwt.Formula("1+1"))
book.save(os.path.join(here, "formula.xls"))
