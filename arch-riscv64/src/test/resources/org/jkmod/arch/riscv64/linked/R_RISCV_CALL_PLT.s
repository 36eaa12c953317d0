	.option norelax
	.text
	.word 0x00000013
	call symbol
	.word 0x00000013
