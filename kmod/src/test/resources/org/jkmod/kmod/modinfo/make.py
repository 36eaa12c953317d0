#!/usr/bin/env python3
"""Makes cases.zip, which ModuleInfoTextTest reads: small objects, good and bad ones, and what kmod's modinfo wrote of each.

Usage: make.py MODINFO-30 MODINFO-34     two commands, as /usr/sbin/modinfo; recorded with kmod 30-2 and 34.2-2 of Debian.

Of each NAME.ko there are NAME.30 and NAME.34, the standard output, and NAME.30.err and NAME.34.err, standard error without the
library's own lines. A case at which a kmod aborts, or reads what is not there, is left out for it.
"""
import os, shutil, struct, subprocess, sys, zipfile

FOLDER = '/tmp/modinfo-cases'
SIGNATURES = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                          '../../../../../../../../core/src/test/resources/org/jkmod/core/signatures/')
# kmod 30 reads sections at offset 0, and does not look at the name of the section of names.
NOT_30 = {'r_s1_off_0', 'r_s2_name_big', 's_two_0', 's_strname_eq', 'q_cnbit', 'r_s2_size_1'}
prefix = ''


def w(name, content):
    with open(os.path.join(FOLDER, prefix + name + '.ko'), 'wb') as file:
        file.write(content)


shutil.rmtree(FOLDER, ignore_errors=True)
os.mkdir(FOLDER)

# Whole objects.
def elf(secs, bits=64, end='<', machine=62):
    # secs: list of (name, type, flags, data)
    names=b'\0'; offs=[]
    allsecs=secs+[('.shstrtab',3,0,None)]
    for n,*_ in allsecs:
        offs.append(len(names)); names+=n.encode()+b'\0'
    eh=64 if bits==64 else 52
    body=b''; hdrs=[]
    sh=b'\0'*(64 if bits==64 else 40)
    for (n,t,f,d),no in zip(allsecs,offs):
        if d is None: d=names
        o=eh+len(body); body+=d; 
        if bits==64: sh+=struct.pack(end+'IIQQQQIIQQ',no,t,f,0,o,len(d),0,0,1,0)
        else: sh+=struct.pack(end+'IIIIIIIIII',no,t,f,0,o,len(d),0,0,1,0)
    shoff=eh+len(body); n=len(allsecs)+1
    ident=b'\x7fELF'+bytes([2 if bits==64 else 1,1 if end=='<' else 2,1])+b'\0'*9
    if bits==64: h=ident+struct.pack(end+'HHIQQQIHHHHHH',1,machine,1,0,0,shoff,0,64,0,0,64,n,n-1)
    else: h=ident+struct.pack(end+'HHIIIIIHHHHHH',1,machine,1,0,0,shoff,0,52,0,0,40,n,n-1)
    return h+body+sh
def mod(b,**k): return elf([('.modinfo',1,2,b)],**k)

w('basic',mod(b'license=GPL\0description=x\0'))
w('empty_value',mod(b'license=\0=novalue\0noequals\0a=b=c\0'))
w('nosec',elf([('.text',1,6,b'abcd')]))
w('emptysec',mod(b''))
w('nonul',mod(b'license=GPL\0tail=cut'))
w('leadnul',mod(b'\0\0\0license=GPL\0\0\0x=y\0\0'))
w('dup',mod(b'alias=a\0alias=b\0alias=a\0'))
w('parm',mod(b'parm=a:desc a\0parmtype=b:int\0parm=c:desc c\0parmtype=c:bool\0parmtype=a:charp\0parm=d\0parmtype=e\0parm=f:x:y:z\0parmtype=f:i:j\0parm=a:again\0parmtype=a:again\0parm=\0parmtype=\0parm=:q\0parmtype=:r\0license=z\0parmtype=f2:x\0parm=g:\0parmtype=g:\0parm=h:\0parmtype=h:int\0parm=i:foo\0parmtype=i:\0'))
w('parmdup',mod(b'parm=a:one\0parm=a:two\0parmtype=a:int\0'))
w('parmdup2',mod(b'parmtype=a:int\0parm=b:x\0parmtype=a:long\0parm=a:dd\0'))
w('latin',mod(b'license=\xff\xfe\x01\n\t[\x1b[31m\0\xe9=\xe9\0parm=\xff:\xfe\0parmtype=\xff:\xfd\0'))
w('longkey',mod(b'averyveryverylongkeyname=v\0fifteencharslon=x\0sixteencharslong=x\0'))
w('filename',mod(b'filename=foo\0name=bar\0sig_id=x\0signer=me\0signature=q\0parm2=x\0parms=x:y\0parmtype2=x:z\0parmty=xx:y\0fil=1\0filename2=3\0names=3\0p=1\0'))
w('noeq',mod(b'hello\0license=GPL\0'))
w('noeq2',mod(b'license=GPL\0hello\0world\0x=y\0'))
w('be32',mod(b'license=GPL\0',bits=32,end='>',machine=20))
w('le32',mod(b'license=GPL\0',bits=32))
w('be64',mod(b'license=GPL\0',end='>',machine=21))
w('zero',b'')
w('short',b'\x7fELF')
w('garbage',b'garbage'*100)
good=mod(b'license=GPL\0')
w('trunc',good[:-10])
w('trunc2',good[:40])
w('twomod',elf([('.modinfo',1,2,b'license=first\0'),('.modinfo',1,2,b'license=second\0')]))
w('nobits',elf([('.modinfo',8,2,b'license=first\0')]))
w('zeronob',elf([('.modinfo',0,2,b'license=first\0')]))
M=b'~Module signature appended~\n'
def info(algo,hash,idt,sl,kl,sg): return struct.pack('>BBBBB3xI',algo,hash,idt,sl,kl,sg)
w('sigonlymark',good+M)
w('oldsig',good+b'SIGNER-NAME'+b'KEYID'+bytes(range(45))+info(1,4,1,11,5,45)+M)
for h in range(0,10):
  w('oldsig_h%d'%h,good+b'SIGNER-NAME'+b'KEYID'+bytes(range(45))+info(1,h,1,11,5,45)+M)
for a in range(0,5):
  w('oldsig_a%d'%a,good+b'SIGNER-NAME'+b'KEYID'+bytes(range(45))+info(a,4,0,11,5,45)+M)
for t in range(0,5):
  w('oldsig_t%d'%t,good+b'SIGNER-NAME'+b'KEYID'+bytes(range(45))+info(1,4,t,11,5,45)+M)
w('sig_len0',good+info(0,0,2,0,0,0)+M)
w('sig_lenbig',good+b'xx'+info(0,0,2,0,0,0xffffffff)+M)
w('sig_lenbig2',good+b'xx'+info(0,0,2,0,0,len(good)+2)+M)
w('sig_lenbig3',good+b'xx'+info(0,0,2,0,0,len(good)+3)+M)
w('sig_garb',good+b'x'*100+info(0,0,2,0,0,100)+M)
w('old_keylen0',good+b'SIGNER-NAME'+bytes(range(45))+info(1,4,1,11,0,45)+M)
w('old_signer0',good+b'KEYID'+bytes(range(45))+info(1,4,1,0,5,45)+M)
w('old_sig0',good+b'SIGNER-NAME'+b'KEYID'+info(1,4,1,11,5,0)+M)
w('old_40',good+b'S'+b'KEYID'+bytes(range(40))+info(1,4,1,1,5,40)+M)
w('old_sgnul',good+b'S\0R\xff'+b'KEYID'+bytes(range(40))+info(1,4,1,4,5,40)+M)
p=SIGNATURES
for f in sorted(os.listdir(p)):
    if f.endswith('.p7'):
        d=open(p+f,'rb').read(); w('p7_'+f[:-3].replace('-','_'),good+d+info(0,0,2,0,0,len(d))+M)
d=open(p+'rsa.p7','rb').read(); 
for i in (0,1,2,3,4,5,10,19,20,21,30,40,50,60,70,90):
    b=bytearray(d); b[i]^=1; w('p7bad_%d'%i,good+bytes(b)+info(0,0,2,0,0,len(d))+M)
w('p7_trail',good+d+b'zzzz'+info(0,0,2,0,0,len(d)+4)+M)
w('p7_short',good+d+info(0,0,2,0,0,len(d)-1)+M)
w('p7_fields',good+d+info(7,9,2,3,4,len(d))+M)

prefix = 'q_'
good=mod(b'license=GPL\0')
M=b'~Module signature appended~\n'
def info(algo,hash,idt,sl,kl,sg): return struct.pack('>BBBBB3xI',algo,hash,idt,sl,kl,sg)
def tlv(t,*c):
    c=b''.join(c); n=len(c)
    if n<128: l=bytes([n])
    elif n<256: l=bytes([0x81,n])
    else: l=b'\x82'+struct.pack('>H',n)
    return bytes([t])+l+c
def oid(s):
    a=[int(x) for x in s.split('.')]; o=bytes([a[0]*40+a[1]])
    for v in a[2:]:
        b=[v&127]; v>>=7
        while v: b.insert(0,128|(v&127)); v>>=7
        o+=bytes(b)
    return tlv(6,o)
def atv(o,v): return tlv(0x31,tlv(0x30,oid(o),v))
def cn(s,t=0x0c): return atv('2.5.4.3',tlv(t,s))
def name(*r): return tlv(0x30,*r)
def alg(o,p=b'\x05\0'): return tlv(0x30,oid(o),p)
SHA256='2.16.840.1.101.3.4.2.1'
def sinfo(nm=None,serial=b'\x12\x34',dig=alg(SHA256),enc=alg('1.2.840.113549.1.1.1'),val=b'\1\2\3',ver=b'\1',extra=b'',sid=None,pre=b''):
    if nm is None: nm=name(cn(b'Someone'))
    if sid is None: sid=tlv(0x30,nm,tlv(2,serial))
    return tlv(0x30,tlv(2,ver),sid,dig,pre,enc,tlv(4,val),extra)
def p7(*si,ver=b'\1',digs=None,content=None,certs=b'',ct='1.2.840.113549.1.7.2'):
    if digs is None: digs=tlv(0x31,alg(SHA256))
    if content is None: content=tlv(0x30,oid('1.2.840.113549.1.7.1'))
    return tlv(0x30,oid(ct),tlv(0xa0,tlv(0x30,tlv(2,ver),digs,content,certs,tlv(0x31,*si))))
def sig(nm,d): w(nm,good+d+info(0,0,2,0,0,len(d))+M)
sig('plain',p7(sinfo()))
sig('ver3',p7(sinfo(ver=b'\3'),ver=b'\3'))
sig('ver9',p7(sinfo(ver=b'\x09'),ver=b'\x0b'))
sig('nocn',p7(sinfo(name(atv('2.5.4.10',tlv(12,b'Org'))))))
sig('emptyname',p7(sinfo(name())))
sig('twocn',p7(sinfo(name(cn(b'One'),cn(b'Two')))))
sig('cnorg',p7(sinfo(name(cn(b'One'),atv('2.5.4.10',tlv(12,b'Org'))))))
sig('rdn2',p7(sinfo(name(tlv(0x31,tlv(0x30,oid('2.5.4.3'),tlv(12,b'A')),tlv(0x30,oid('2.5.4.3'),tlv(12,b'B')))))))
sig('bmp',p7(sinfo(name(cn('Hé'.encode('utf-16-be'),0x1e)))))
sig('utf8',p7(sinfo(name(cn('Hé\n'.encode())))))
sig('t61',p7(sinfo(name(cn(b'H\xe9\x01',0x14)))))
sig('printable',p7(sinfo(name(cn(b'Hello',0x13)))))
sig('ia5',p7(sinfo(name(cn(b'Hello',0x16)))))
sig('univ',p7(sinfo(name(cn(b'\0\0\0H',0x1c)))))
sig('cnint',p7(sinfo(name(cn(b'\x41',0x02)))))
sig('cnoctet',p7(sinfo(name(cn(b'AB',0x04)))))
sig('cnbit',p7(sinfo(name(cn(b'\0AB',0x03)))))
sig('cnnull',p7(sinfo(name(cn(b'',0x05)))))
sig('cnseq',p7(sinfo(name(cn(tlv(12,b'x'),0x30)))))
sig('cnempty',p7(sinfo(name(cn(b'')))))
sig('cnnul',p7(sinfo(name(cn(b'A\0B')))))
sig('badutf8',p7(sinfo(name(cn(b'A\xff\xfeB')))))
sig('serial0',p7(sinfo(serial=b'\0')))
sig('serialempty',p7(sinfo(serial=b'')))
sig('serial00',p7(sinfo(serial=b'\0\xb8\x11')))
sig('serial0000',p7(sinfo(serial=b'\0\0\0\x11')))
sig('serialneg',p7(sinfo(serial=b'\xb8\x11')))
sig('serialneg2',p7(sinfo(serial=b'\xff\x80')))
sig('serialneg3',p7(sinfo(serial=b'\xff\xff')))
sig('serialneg4',p7(sinfo(serial=b'\x80\0')))
sig('serialneg5',p7(sinfo(serial=b'\x80')))
sig('serial20',p7(sinfo(serial=bytes(range(1,21)))))
sig('serial25',p7(sinfo(serial=bytes(range(1,26)))))
sig('emptysig',p7(sinfo(val=b'')))
sig('nosigner',p7())
for n,o in dict(md2='1.2.840.113549.2.2',md4='1.2.840.113549.2.4',md5='1.2.840.113549.2.5',sha1='1.3.14.3.2.26',rmd='1.3.36.3.2.1',sha224='2.16.840.1.101.3.4.2.4',sha384='2.16.840.1.101.3.4.2.2',sha512='2.16.840.1.101.3.4.2.3',sha512_224='2.16.840.1.101.3.4.2.5',sha512_256='2.16.840.1.101.3.4.2.6',sha3_224='2.16.840.1.101.3.4.2.7',sha3_256='2.16.840.1.101.3.4.2.8',sha3_384='2.16.840.1.101.3.4.2.9',sha3_512='2.16.840.1.101.3.4.2.10',shake128='2.16.840.1.101.3.4.2.11',shake256='2.16.840.1.101.3.4.2.12',sm3='1.2.156.10197.1.401',sm3b='1.2.156.10197.1.401.1',gost='1.2.643.7.1.1.2.2',gost5='1.2.643.7.1.1.2.3',unk='1.2.3.4.5',wp='1.0.10118.3.0.55',mldsa='2.16.840.1.101.3.4.3.18',b2='1.3.6.1.4.1.1722.12.2.1.16', sha256rsa='1.2.840.113549.1.1.11').items(): sig('hash_'+n,p7(sinfo(dig=alg(o))))
sig('noparam',p7(sinfo(dig=alg(SHA256,b''))))
sig('encunk',p7(sinfo(enc=alg('1.2.3.4'))))
sig('content',p7(sinfo(),content=tlv(0x30,oid('1.2.840.113549.1.7.1'),tlv(0xa0,tlv(4,b'data')))))
sig('contentms',p7(sinfo(),content=tlv(0x30,oid('1.3.6.1.4.1.311.2.1.4'),tlv(0xa0,tlv(0x30,b'')))))
sig('contentunk',p7(sinfo(),content=tlv(0x30,oid('1.2.3.4'))))
sig('certsbad',p7(sinfo(),certs=tlv(0xa0,tlv(0x30,b'\2\1\1'))))
sig('certsempty',p7(sinfo(),certs=tlv(0xa0)))
sig('crlsempty',p7(sinfo(),certs=tlv(0xa1)))
sig('crlsbad',p7(sinfo(),certs=tlv(0xa1,tlv(0x30,b'\2\1\1'))))
sig('attrs',p7(sinfo(pre=tlv(0xa0,tlv(0x30,oid('1.2.840.113549.1.9.3'),tlv(0x31,oid('1.2.840.113549.1.7.1')))))))
sig('attrsempty',p7(sinfo(pre=tlv(0xa0))))
sig('attrsgarb',p7(sinfo(pre=tlv(0xa0,b'\2\1\1'))))
sig('unattrs',p7(sinfo(extra=tlv(0xa1,tlv(0x30,oid('1.2.840.113549.1.9.3'),tlv(0x31,oid('1.2.840.113549.1.7.1')))))))
sig('extra',p7(sinfo(extra=b'\2\1\1')))
sig('keyid',p7(sinfo(sid=tlv(0x80,b'KEYID'),ver=b'\3'),ver=b'\3'))
sig('second',p7(sinfo(name(cn(b'Zed'))),sinfo(name(cn(b'Al')))))
sig('firstkeyid',p7(sinfo(sid=tlv(0x80,b'KEYID'),ver=b'\3'),sinfo(name(cn(b'Al')))))
sig('enveloped',p7(sinfo(),ct='1.2.840.113549.1.7.3'))
sig('datact',tlv(0x30,oid('1.2.840.113549.1.7.1'),tlv(0xa0,tlv(4,b'x'))))
sig('nocontent',tlv(0x30,oid('1.2.840.113549.1.7.2')))
sig('digsempty',p7(sinfo(),digs=tlv(0x31)))
sig('digsseq',p7(sinfo(),digs=tlv(0x30,alg(SHA256))))
d=p7(sinfo())
# indefinite outer
inner=tlv(0x30,tlv(2,b'\1'),tlv(0x31,alg(SHA256)),tlv(0x30,oid('1.2.840.113549.1.7.1')),tlv(0x31,sinfo()))
sig('indef',b'\x30\x80'+oid('1.2.840.113549.1.7.2')+b'\xa0\x80'+inner+b'\0\0\0\0')
sig('indef_noeoc',b'\x30\x80'+oid('1.2.840.113549.1.7.2')+b'\xa0\x80'+inner)
sig('longlen',b'\x30\x84'+struct.pack('>I',len(d)-2)+d[2:] if d[1]<128 else b'\x30\x84'+struct.pack('>I',len(d)-3)+d[3:])
sig('consoct',p7(tlv(0x30,tlv(2,b'\1'),tlv(0x30,name(cn(b'Someone')),tlv(2,b'\1\2')),alg(SHA256),alg('1.2.840.113549.1.1.1'),tlv(0x24,tlv(4,b'\1\2'),tlv(4,b'\3')))))
sig('dateless',p7(sinfo(name(tlv(0x31)))))
sig('rdnbad',p7(sinfo(name(tlv(0x31,tlv(0x30,oid('2.5.4.3')))))))

prefix = 'r_'
w('nonul_next',elf([('.modinfo',1,2,b'license=GPL\0tail=cut'),('.data',1,2,b'ABCDEF')]))
w('one',elf([('.modinfo',1,2,b'x'),('.data',1,2,b'ABCDEF')]))
w('allnul',mod(b'\0\0\0\0'))
g=bytearray(mod(b'license=GPL\0description=abc\0'))
def put(name,off,fmt,*v):
    b=bytearray(g); struct.pack_into(fmt,b,off,*v); w(name,bytes(b))
for i in range(4,16): put('ident%d'%i,i,'B',9)
put('class1',4,'B',1); put('data2',5,'B',2); put('ver0',6,'B',0)
put('type0',16,'<H',0);put('type3',16,'<H',3);put('mach0',18,'<H',0);put('ver2',20,'<I',9);
put('ehsize',52,'<H',1);put('phnum',56,'<H',9);put('phent',54,'<H',9);put('shent',58,'<H',65);put('shent0',58,'<H',0);put('shent128',58,'<H',128)
n=struct.unpack_from('<H',g,60)[0]; so=struct.unpack_from('<Q',g,40)[0]
for k in range(0,n+3): put('shnum%d'%k,60,'<H',k); put('strndx%d'%k,62,'<H',k)
put('shnumffff',60,'<H',0xffff);put('strndxffff',62,'<H',0xffff)
for k,v in dict(p0=0,m1=so-1,p1=so+1,p64=so+64,m64=so-64,big=1<<62,neg=(1<<64)-1,endm=len(g)-1).items(): put('shoff_'+k,40,'<Q',v)
for s in range(0,3):
  b=so+64*s
  put('s%d_name_big'%s,b,'<I',10000); put('s%d_name_0'%s,b,'<I',0); put('s%d_name_x'%s,b,'<I',3);put('s%d_type_big'%s,b+4,'<I',0x70000000);put('s%d_type3'%s,b+4,'<I',3)
  put('s%d_off_big'%s,b+24,'<Q',1<<40); put('s%d_off_neg'%s,b+24,'<Q',(1<<64)-5); put('s%d_off_end'%s,b+24,'<Q',len(g)); put('s%d_off_0'%s,b+24,'<Q',0)
  put('s%d_size_big'%s,b+32,'<Q',1<<40); put('s%d_size_neg'%s,b+32,'<Q',(1<<64)-5); put('s%d_size_0'%s,b+32,'<Q',0); put('s%d_size_1'%s,b+32,'<Q',1); put('s%d_size_5'%s,b+32,'<Q',5); put('s%d_size_fit'%s,b+32,'<Q',len(g)-struct.unpack_from('<Q',g,b+24)[0]);  put('s%d_size_fit1'%s,b+32,'<Q',len(g)-struct.unpack_from('<Q',g,b+24)[0]+1)
for k in (1,15,16,51,52,63,64,65,len(g)-1,len(g)-63,len(g)-64,len(g)-65): w('cut%d'%k,bytes(g[:k]))
for k in (15,16,51,52,53): w('cut32_%d'%k,mod(b'license=GPL\0',bits=32)[:k])
w('extra',bytes(g)+b'x'*100)

prefix = 's_'
g=bytearray(mod(b'license=GPL\0description=abc\0'))
so=struct.unpack_from('<Q',g,40)[0]
def put(name,off,fmt,*v,g=g):
    b=bytearray(g); struct.pack_into(fmt,b,off,*v); w(name,bytes(b))
for k in (1,2,3,5,6,7,8,12,14): w('sz%d'%k,bytes(g[:k]))
for k in (1,2,3,4,5,6,7,8,12,14): w('gsz%d'%k,b'garbagegarbagegarbage'[:k])
for k in (1,2,3): w('m%d'%k,mod(b'abcdef'[:k])); w('n%d'%k,mod(b'\0a\0b\0c'[:k])); w('o%d'%k,mod(b'a\0\0\0'[:k]))
for o in (1,4,16,63,64): put('off%d'%o,so+64+24,'<Q',o)
two=bytearray(elf([('.modinfo',1,2,b'license=first\0'),('.modinfo',1,2,b'license=second\0')]))
so2=struct.unpack_from('<Q',two,40)[0]
put('two_big',so2+64+24,'<Q',1<<40,g=two); put('two_0',so2+64+24,'<Q',0,g=two); put('two_size0',so2+64+32,'<Q',0,g=two);put('two_size1',so2+64+32,'<Q',1,g=two)
three=bytearray(elf([('.modinfo.x',1,2,b'license=no\0'),('.mod',1,2,b'license=no\0'),('.modinfo',1,2,b'license=yes\0')])); w('prefixes',bytes(three))
# strtab without final nul / first byte not nul
b=bytearray(g); sho=struct.unpack_from('<Q',g,so+128+24)[0]; ss=struct.unpack_from('<Q',g,so+128+32)[0]
c=bytearray(b); c[sho+ss-1]=65; w('strnonul',bytes(c)); c=bytearray(b); c[sho]=65; w('strfirst',bytes(c)); 
put('strnobits',so+128+4,'<I',8); put('strname_eq',so+128,'<I',ss); put('strname_eqm1',so+128,'<I',ss-1)
put('modname_mid',so+64,'<I',ss-1)


# Recordings.
names = sorted(f[:-3] for f in os.listdir(FOLDER) if f.endswith('.ko'))
with zipfile.ZipFile('cases.zip', 'w', zipfile.ZIP_DEFLATED) as zipped:
    def add(name, content):
        zipped.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)

    for name in names:
        add(name + '.ko', open(os.path.join(FOLDER, name + '.ko'), 'rb').read())
        for version, command in (('30', sys.argv[1]), ('34', sys.argv[2])):
            run = subprocess.run([command, name + '.ko'], cwd=FOLDER, env={'PWD': FOLDER}, capture_output=True)
            if run.returncode not in (0, 1) or (version == '30' and name in NOT_30):
                continue
            errors = [line for line in run.stderr.splitlines() if not line.startswith(b'libkmod')]
            add(name + '.' + version, run.stdout)
            add(name + '.' + version + '.err', b''.join(line + b'\n' for line in errors))
