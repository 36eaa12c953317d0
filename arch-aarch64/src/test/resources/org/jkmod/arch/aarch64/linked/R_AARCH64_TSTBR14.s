	.text
	.inst 0xd503201f
	tbz x3, #33, symbol
	.inst 0xd503201f
