	.option norelax
	.text
	.word 0x00000013
	.word symbol
	.word 0x00000013
