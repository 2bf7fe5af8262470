# Made openpyxl.xlsx and, through lo.csv, libreoffice.xlsx (README.md). Nobody in them exists; the
# last digits of their numbers are right.
import csv, datetime, sys
from openpyxl import Workbook
from openpyxl.styles import Font
W=[7,9,10,5,8,4,2,1,6,3,7,9,10,5,8,4,2]
def number(born, seq):
    f='330198'+born+'%03d'%seq
    return f+'10X98765432'[sum(int(a)*b for a,b in zip(f,W))%11]
people=[('温如玉','19830406',621,'1983-04-06'),('褚云帆','19900712',632,'1990-07-12'),('闻人静','19751130',644,'1975-11-30'),('司马青','20010228',655,'2001-02-28'),('欧阳雪','19680919',666,'1968-09-19')]
head=['姓名','证件号码','出生日期','手机','学历','现住址']
edu=['大学本科毕业','普通高中毕业','初中毕业','大学专科毕业','小学毕业']
def rows(offset):
    for i,(n,b,s,d) in enumerate(people):
        yield [n+('甲' if offset==0 else '乙'), number(b,s+offset), d, 13900000610+i+offset, edu[i], f'柳河镇东街 {i+1+offset} 号']
w=Workbook(); p=w.active; p.title='人员'
p.append(['临溪县帮扶对象名单（制表：某某）']); p.merge_cells('A1:F1')
p.append(head)
for c in p[2]: c.font=Font(bold=True)
for r in rows(0):
    r[2]=datetime.date.fromisoformat(r[2]); p.append(r)
for c in p['C'][2:]: c.number_format='yyyy"年"m"月"d"日"'
w.create_sheet('说明').append(['第二张表不导入'])
w.save('openpyxl.xlsx')
with open('lo.csv','w') as f:
    c=csv.writer(f); c.writerow(head)
    for r in rows(20): c.writerow(r)
