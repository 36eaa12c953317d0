	.text
	.inst 0xd503201f
	b.ne symbol
	.inst 0xd503201f
