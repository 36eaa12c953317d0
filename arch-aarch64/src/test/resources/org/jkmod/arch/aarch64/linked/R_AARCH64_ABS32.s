	.text
	.inst 0xd503201f
	.word symbol
	.inst 0xd503201f
