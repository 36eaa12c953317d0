	.option norelax
	.text
	.word 0x00000013
	jal ra, symbol
	.word 0x00000013
