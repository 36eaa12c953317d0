	.text
	.inst 0xd503201f
	adr x3, symbol
	.inst 0xd503201f
