	.option norelax
	.text
	.word 0x00000013
	lui a0, %hi(symbol)
	.word 0x00000013
