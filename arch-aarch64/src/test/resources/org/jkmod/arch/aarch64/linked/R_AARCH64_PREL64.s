	.text
	.inst 0xd503201f
	.xword symbol - .
	.inst 0xd503201f
