	.option norelax
	.text
	.word 0x00000013
	sd a1, %lo(symbol)(a0)
	.word 0x00000013
