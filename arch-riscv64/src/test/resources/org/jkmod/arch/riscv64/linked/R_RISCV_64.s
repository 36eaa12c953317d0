	.option norelax
	.text
	.word 0x00000013
	.dword symbol
	.word 0x00000013
