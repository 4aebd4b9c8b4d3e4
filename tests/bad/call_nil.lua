-- stderr: luas: call_nil.lua:2: attempt to call a nil value (global 'undefined_function')
undefined_function()
