	.option norelax
	.text
	.word 0x00000013
	addi a0, a0, %lo(symbol)
	.word 0x00000013
