	.text
	.inst 0xd503201f
	adrp x3, symbol
	.inst 0xd503201f
