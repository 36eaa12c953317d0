	.option norelax
	.text
	.word 0x00000013
	.option relax; 1: call symbol; 2: .uleb128 2b - 1b; .byte 1, 2, 3
	.word 0x00000013
