	.text
	.inst 0xd503201f
	b symbol
	.inst 0xd503201f
