	.option norelax
	.text
	.word 0x00000013
	.dword first - second
	.word 0x00000013
