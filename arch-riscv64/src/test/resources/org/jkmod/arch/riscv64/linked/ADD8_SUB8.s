	.option norelax
	.text
	.word 0x00000013
	.byte first - second, 1, 2, 3
	.word 0x00000013
