	.text
	.inst 0xd503201f
	ldr x3, symbol
	.inst 0xd503201f
