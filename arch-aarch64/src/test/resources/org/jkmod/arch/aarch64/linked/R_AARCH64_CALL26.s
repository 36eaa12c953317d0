	.text
	.inst 0xd503201f
	bl symbol
	.inst 0xd503201f
