	.option norelax
	.text
	.word 0x00000013
	.word first - second
	.word 0x00000013
