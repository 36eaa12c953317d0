	.text
	.inst 0xd503201f
	.hword symbol, 0
	.inst 0xd503201f
