	.option norelax
	.text
	.word 0x00000013
	.option relax; lui a0, %hi(symbol)
	.word 0x00000013
