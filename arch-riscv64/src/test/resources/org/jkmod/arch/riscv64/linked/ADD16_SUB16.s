	.option norelax
	.text
	.word 0x00000013
	.half first - second, 1
	.word 0x00000013
